"""How a model's table is walked: one message in plain Python, batches compiled, files in a stream, clusters."""
