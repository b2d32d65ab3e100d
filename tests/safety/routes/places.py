"""Facilities and staff; imports; signing in; what is the same for everybody."""

from tests.safety.routes.rows import ALL, THERE, Row, alike
from tests.safety.routes.world import FILE

HERE = "own team cleo other_sup ended supervisor nurse nurse_off intake desk desk_off manager privacy admin"
COLLEAGUES = (
    "own team cleo other_sup ended supervisor nurse nurse_off intake desk desk_off manager privacy"
)
NO_IMPORT = "own team cleo ended nurse nurse_off desk desk_off manager privacy admin"
ROLE = {"facility": "{facility}", "role": "intake"}
INVITATION = ROLE | {"email": "nell@casework.example", "full_name": "Nell Holt"}

ROWS = [
    alike("POST auth/token/", 201, send={"email": "{email}", "password": "a long word of passage"}),
    Row("DELETE auth/token/", yes=ALL, ok=204, there=204),
    Row("GET me/", yes=ALL, there=200),
    Row("GET facilities/", yes=ALL, there=200, shows="facility", seen=HERE),
    Row("GET facilities/{facility}/", yes=HERE),
    Row("PATCH facilities/{facility}/", send={"crisis_line": "988"}, yes="manager",
        no=HERE.replace("manager ", "")),
    Row("GET programs/", yes=ALL, there=200, shows="outpatient_program", seen=HERE),
    Row("GET programs/{outpatient_program}/", yes=HERE),
    Row("GET rooms/", yes=ALL, there=200, shows="room", seen=HERE),
    Row("GET rooms/{room}/", yes=HERE),
    # Staff
    Row("GET staff/", yes=ALL, there=200, shows="colleague", seen=HERE),
    Row("GET staff/{colleague}/", yes=HERE),
    Row("GET staff/{closed}/", yes="admin"),
    Row("POST staff/", send=INVITATION, yes="admin", ok=201, no=COLLEAGUES, odd={400: "left"},
        there={400: THERE}),
    Row("POST staff/{invited}/invitation/", send={}, yes="admin", no=COLLEAGUES),
    Row("POST staff/{colleague}/password-reset/", send={}, yes="admin", no=COLLEAGUES),
    Row("POST staff/{colleague}/deactivation/", send={"reason": "left"}, yes="admin",
        no=COLLEAGUES),
    Row("POST staff/{closed}/reactivation/", send={}, yes="admin"),
    Row("POST staff/{colleague}/memberships/", send=ROLE, yes="admin", ok=201, no=COLLEAGUES),
    Row("POST memberships/{role}/ending/", send={}, yes="admin"),
    # Imports: one's own
    Row("GET imports/", yes=ALL, there=200, shows="import", seen="intake"),
    Row("POST imports/?kind=clients&facility={facility}&dry_run=true", send=FILE,
        yes="supervisor other_sup intake", ok=202, no=NO_IMPORT, odd={400: "left"}, there={400: THERE}),
    Row("GET imports/{import}/", yes="intake"),
    Row("GET imports/{import}/rows/", yes="intake"),
    Row("POST imports/{import}/cancellation/", send={}, yes="intake"),
    # The API's own description
    alike("GET schema/", 200, odd={401: "closed"}, slow=True),
    alike("GET docs/", 200, odd={401: "closed"}),
]  # fmt: skip
