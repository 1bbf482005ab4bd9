-- What was asked of one collection (format 1): the receipts. Chats and feedback have scripts of their own.

-- The chain: never changed, never deleted. `hash` covers everything else of the row, `previous` is that of the row before.
CREATE TABLE receipts (
  number INTEGER PRIMARY KEY,        -- 1, 2, 3, ... without a gap
  kind TEXT NOT NULL CHECK (kind IN ('answer', 'forgetting')),
  made_at TEXT NOT NULL,             -- ISO 8601, UTC
  header TEXT NOT NULL,              -- canonical JSON; nothing of a document, nothing of a question
  commitments TEXT NOT NULL,         -- canonical JSON: sha256(salt || content) by name of the part
  previous TEXT NOT NULL,            -- '' for the first
  hash TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE receipts_head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  number INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;
INSERT INTO receipts_head VALUES (1, 0, '');

-- What the chain commits to; forgetting deletes rows here.
CREATE TABLE receipt_parts (
  number INTEGER NOT NULL REFERENCES receipts (number),
  name TEXT NOT NULL,
  salt BLOB NOT NULL,
  content TEXT NOT NULL,             -- canonical JSON
  PRIMARY KEY (number, name)
) STRICT, WITHOUT ROWID;

-- Which parts hold something of a document: they go when it is forgotten.
CREATE TABLE receipt_documents (
  document_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  path TEXT NOT NULL,                -- where it came from: a file that was replaced by a newer one goes with it
  PRIMARY KEY (document_id, number, name),
  FOREIGN KEY (number, name) REFERENCES receipt_parts (number, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX receipt_documents_part ON receipt_documents (number, name);
CREATE INDEX receipt_documents_path ON receipt_documents (path);

-- Documents that are about to be forgotten, or were without its having been finished (forgetting.py).
CREATE TABLE forgetting_due (document_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
