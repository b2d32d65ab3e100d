"""Whoever waits too long for somebody else's change is told to try again, and nothing is half done."""

import psycopg
import pytest
from django.db import connection

from clients.models import Client
from tests.appointments.asking import refused


@pytest.mark.django_db(transaction=True)
def test_a_change_that_another_holds_up_is_answered_with_when_to_try_again(house, api):
    client = house.client()
    api.force_authenticate(house.ana)
    own = connection.settings_dict
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    try:
        with psycopg.connect(
            host=own["HOST"], port=own["PORT"], user=own["USER"], password=own["PASSWORD"],
            dbname=own["NAME"],
        ) as another:  # fmt: skip
            another.execute("SELECT 1 FROM clients_client WHERE id = %s FOR UPDATE", [client.pk])
            path = f"/api/v1/clients/{client.pk}/"
            answer = api.patch(path, {"chosen_name": "Samira"})
            refused(answer, 503, "busy")
            assert answer["Retry-After"] == "1"
            assert Client.objects.get(pk=client.pk).chosen_name == ""
            another.rollback()
        assert api.patch(path, {"chosen_name": "Samira"}).status_code == 200
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
