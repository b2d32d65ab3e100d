"""How passwords are kept."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2id(Argon2PasswordHasher):
    """Argon2id at OWASP's parameters (19 MiB, 2 passes, 1 lane).

    Django's default takes 100 MiB a check: ten sign-ins a second saturate two cores.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
