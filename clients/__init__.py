"""The people being helped: records, contact points and consents, care team, and who may see them."""
