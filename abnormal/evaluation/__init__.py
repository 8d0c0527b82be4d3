"""How good the scores are, each figure under the name of its protocol."""
