"""Ids, hashes, keys and signatures: what the ports about trust are made of."""
