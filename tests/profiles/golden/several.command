vaurien-gui --headless --config several.ini

# With a command it runs until that ends, judges [expect] and leaves a report:
#   vaurien-gui --headless --config several.ini --report build/vaurien -- pytest tests/
