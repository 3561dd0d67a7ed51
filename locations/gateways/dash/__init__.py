"""The DASH emergency provisioning dialect: SOAP 1.1, document/literal, HTTP Basic."""
