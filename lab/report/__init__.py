"""Tables, charts and the page: pure functions from analysed results to what people read."""
