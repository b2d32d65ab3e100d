"""The demo's data and its maker: three made-up facilities, their 25 staff, four hundred clients."""
