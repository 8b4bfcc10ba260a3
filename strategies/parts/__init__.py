"""What layouts are made of: bases, queues, tables. A layout of one's own may use any of it."""
