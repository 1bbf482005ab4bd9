"""The evidence gate: what of a sentence a quote does not bear out. `objections.compare` is its one door."""
