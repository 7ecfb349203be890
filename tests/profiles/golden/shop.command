vaurien-gui --headless --config 'checkout flaky.ini'

# With a command it runs until that ends, judges [expect] and leaves a report:
#   vaurien-gui --headless --config 'checkout flaky.ini' --report build/vaurien -- pytest tests/

# The same without a file:
#   vaurien --proxy=127.0.0.1:8000 --backend=127.0.0.1:9000 --protocol=http '--behavior=10:delay, 5:error, 3:abort' --seed=42 --behavior-delay-sleep=300ms '--expect=saw faults = injected >= 1'
