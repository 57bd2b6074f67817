"""The commands of RFC 9051 §6 and RFC 3501 §6, one file a group; an extension's are in its file in `extensions`."""
