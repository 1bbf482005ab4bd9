-- The truth of one collection (format 1). Spans are offsets in code points of documents.text.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
  id TEXT PRIMARY KEY,               -- sha256 of the bytes
  title TEXT NOT NULL,
  media_type TEXT NOT NULL,
  text TEXT NOT NULL,
  text_sha256 TEXT NOT NULL,
  parser TEXT NOT NULL,              -- parser and chunker that made this revision
  pages INTEGER NOT NULL,
  status TEXT NOT NULL,              -- ok | partial
  state TEXT NOT NULL CHECK (state IN ('text', 'vectors')),
  notes TEXT NOT NULL                -- JSON list
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  labels TEXT NOT NULL,              -- JSON object
  added_at TEXT NOT NULL,            -- ISO 8601, UTC
  size INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX sources_document ON sources (document_id);

CREATE TABLE blocks (
  document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  level INTEGER NOT NULL,
  PRIMARY KEY (document_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE sections (
  document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  parent INTEGER,
  number TEXT NOT NULL,
  heading TEXT NOT NULL,
  level INTEGER NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  PRIMARY KEY (document_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE lines (
  document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  page INTEGER NOT NULL,
  geometry BLOB NOT NULL,            -- little-endian float32: box (4), advances (end - start + 1)
  PRIMARY KEY (document_id, start, page)
) STRICT, WITHOUT ROWID;

CREATE TABLE vectors (
  key BLOB PRIMARY KEY,              -- sha256 of encoder key and the exact string embedded
  data BLOB NOT NULL                 -- little-endian float32
) STRICT, WITHOUT ROWID;

CREATE TABLE chunks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never reused: it is the id in the vector index
  name TEXT NOT NULL,
  document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  text TEXT NOT NULL,
  context TEXT NOT NULL,
  identifiers TEXT NOT NULL,
  pages TEXT NOT NULL,               -- JSON list
  vector_key BLOB REFERENCES vectors (key),
  indexed INTEGER NOT NULL DEFAULT 0,     -- 1: in the published generation
  UNIQUE (document_id, position)
) STRICT;
CREATE INDEX chunks_pending ON chunks (document_id) WHERE vector_key IS NULL;
CREATE INDEX chunks_delta ON chunks (id) WHERE indexed = 0 AND vector_key IS NOT NULL;
CREATE INDEX chunks_vector ON chunks (vector_key);

-- Chunks that are gone from here but still in the published generation: masked at once, compacted later.
CREATE TABLE tombstones (chunk_id INTEGER PRIMARY KEY) STRICT;

CREATE VIRTUAL TABLE words USING fts5 (
  text, context, identifiers,
  content = 'chunks', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER chunks_added AFTER INSERT ON chunks BEGIN
  INSERT INTO words (rowid, text, context, identifiers) VALUES (new.id, new.text, new.context, new.identifiers);
END;
CREATE TRIGGER chunks_removed AFTER DELETE ON chunks BEGIN
  INSERT INTO words (words, rowid, text, context, identifiers)
    VALUES ('delete', old.id, old.text, old.context, old.identifiers);
  INSERT INTO tombstones SELECT old.id WHERE old.indexed = 1;
END;
