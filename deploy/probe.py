"""Is the web server of this container ready? Exit code 0 if it is.

Asks as the proxy would: by our public name, over HTTPS as far as the server can tell.
"""

import http.client
import os
from urllib.parse import urlsplit

host = urlsplit(os.environ["PUBLIC_URL"]).netloc
link = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=5)
link.request("GET", "/health/ready", headers={"Host": host, "X-Forwarded-Proto": "https"})
raise SystemExit(link.getresponse().status != 200)
