-- Chats (activity format 2): what was asked in turns, and what was answered from which documents.

CREATE TABLE chats (
  id TEXT PRIMARY KEY,
  made_at TEXT NOT NULL,             -- ISO 8601, UTC
  used_at TEXT NOT NULL,
  filter TEXT NOT NULL               -- canonical JSON, 'null' for none
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_turns (
  chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,           -- 1, 2, 3, ... of its chat
  asked_at TEXT NOT NULL,
  generation INTEGER NOT NULL,       -- of the collection, when it was answered
  receipt TEXT NOT NULL,             -- id of the answer's receipt, '' for none
  content TEXT NOT NULL,             -- canonical JSON; '' where it went with a document
  PRIMARY KEY (chat_id, number)
) STRICT, WITHOUT ROWID;

-- Which turns hold something of a document: they are emptied when it is forgotten.
CREATE TABLE chat_documents (
  document_id TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (document_id, chat_id, number),
  FOREIGN KEY (chat_id, number) REFERENCES chat_turns (chat_id, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_documents_turn ON chat_documents (chat_id, number);
