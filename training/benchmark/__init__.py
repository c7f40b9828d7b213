"""From answers on unheard voices to figures: splits, predictions, metrics, the report."""
