"""What changes the desks' log and the outbox."""
