"""Studies: variants trained with several seeds: specification, cells, cache, workers, results."""
