"""The demo's data and its maker: three made-up facilities, their staff, some sixty clients."""
