"""Fetch and unpack what publishers offer: resumed, verified, and kept inside its folder."""
