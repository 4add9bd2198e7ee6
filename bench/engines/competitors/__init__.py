"""One module for each way to run the model. `protocol.Competitor` says what each of them does."""
