"""What a developer's machine needs around the product: servers, doubles of providers, the demo."""
