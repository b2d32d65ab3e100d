"""The foundation's figures, one module a kind: each measures and says against what."""
