"""Everything the demo model is made of: a grammar, voices that speak it, a loss, an architecture, a training loop."""
