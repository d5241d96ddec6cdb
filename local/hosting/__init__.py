"""The parts of the Azure Functions host that this app uses, played on this machine."""
