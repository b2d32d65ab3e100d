"""E-mail addresses and telephone numbers: one written form each, so that equal means equal."""

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from common.crypto import blind_index
from common.errors import Invalid

DEFAULT_REGION = "US"


def normal_phone(value: str) -> str:
    """A telephone number in E.164 (`+12175550100`); without a country it is read as a US one."""
    try:
        number = phonenumbers.parse(value, DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise Invalid(
            "This is not a telephone number. Write it with area code, such as (217) 555-0100.",
            code="invalid_number",
            field="value",
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normal_email(value: str) -> str:
    """An e-mail address in lower case, without surrounding space."""
    address = value.strip().lower()
    try:
        validate_email(address)
        address.rpartition("@")[0].encode("ascii")
    except (ValidationError, UnicodeEncodeError):
        raise Invalid(
            "This is not an e-mail address. Write it as name@example.org.",
            code="invalid_email",
            field="value",
        ) from None
    local, domain = address.rsplit("@", 1)
    return f"{local}@{domain.encode('idna').decode()}"  # as mail servers know it


def normal_address(kind: str, value: str) -> str:
    """A contact point's value as it is kept; `kind` is `phone` or `email`."""
    return normal_phone(value) if kind == "phone" else normal_email(value)


def address_index(address: str) -> str:
    """Where a normal address is found again: its blind index, the same in every table."""
    return blind_index(address, "address")
