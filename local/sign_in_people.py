"""Who can be signed in on this machine: an administrator, the sample company's salespeople, and a reader."""

from dataclasses import dataclass

from local.hosting.sign_in_page import Person
from local.sample import Company
from local.tenant import Tenant


@dataclass(frozen=True)
class SignInPeople:
    """With tokens of the box's Entra ID; there is at least one salesperson."""

    administrator: Person
    salespeople: list[Person]
    reader: Person

    def everyone(self) -> list[Person]:
        return [self.administrator, *self.salespeople, self.reader]

    def tokens(self) -> dict[str, str]:
        """A token for each role."""
        return {"admin": self.administrator.token, "sales": self.salespeople[0].token, "reader": self.reader.token}


def people_to_sign_in(tenant: Tenant, sample: Company) -> SignInPeople:
    """New tokens for everybody. A salesperson's user name is the address that he has in the log."""

    def person(name: str, username: str, role: str) -> Person:
        return Person(name, username, [role], tenant.token([role], name, username))

    return SignInPeople(
        administrator=person("Administrator", f"admin@{tenant.domain}", "EmailLogging.Admin"),
        salespeople=[person(one["name"], one["email"], "EmailLogging.Sales") for one in sample.salespeople],
        reader=person("Reader", f"reader@{tenant.domain}", "EmailLogging.Read"),
    )
