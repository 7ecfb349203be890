vaurien-gui --headless --config several.ini

# Until your tests are over; then it judges [expect], leaves a report and ends with their status:
#   vaurien-gui --headless --config several.ini --report build/vaurien -- pytest tests/
