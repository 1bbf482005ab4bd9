"""Questions about the set of documents, such as "which contracts have no cap on liability?"."""
