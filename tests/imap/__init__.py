"""The IMAP protocol, without a network."""
