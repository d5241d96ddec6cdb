"""A Microsoft 365 tenant in a box: Entra ID, Key Vault, Graph and Exchange on localhost, spoken to over the wire."""

from local.tenant.knobs import Fault, Knobs
from local.tenant.tenant import Tenant

__all__ = ["Fault", "Knobs", "Tenant"]
