"""What the views show: frozen values, table models, the graphs' history."""
