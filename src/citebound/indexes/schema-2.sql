-- Format 2: what a document is and what was read off it; and which documents a question names.
ALTER TABLE documents ADD COLUMN kind TEXT NOT NULL DEFAULT '';

CREATE TABLE terms (
  document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  term TEXT NOT NULL,
  start INTEGER NOT NULL,            -- of the term as printed
  "end" INTEGER NOT NULL,
  definition_start INTEGER NOT NULL,
  definition_end INTEGER NOT NULL,
  scope INTEGER,                     -- position of a section, or the whole document
  PRIMARY KEY (document_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE mentions (              -- of other places of the document
  document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  target TEXT NOT NULL,
  section INTEGER,                   -- position of the section that is meant, if the document has it
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  PRIMARY KEY (document_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE findings (
  document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  title TEXT NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  PRIMARY KEY (document_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE facts (
  document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  finding INTEGER,                   -- position of the finding that it is a field of, or the whole document
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  note TEXT NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  PRIMARY KEY (document_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX facts_value ON facts (name, value);

-- What names a document (its title and file names, its first page) and which words it has at all, for routing.
CREATE TABLE cards (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  document_id TEXT NOT NULL UNIQUE REFERENCES documents (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  head TEXT NOT NULL,
  vocabulary TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE card_words USING fts5 (
  name, head, vocabulary,
  content = 'cards', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER cards_added AFTER INSERT ON cards BEGIN
  INSERT INTO card_words (rowid, name, head, vocabulary) VALUES (new.id, new.name, new.head, new.vocabulary);
END;
CREATE TRIGGER cards_removed AFTER DELETE ON cards BEGIN
  INSERT INTO card_words (card_words, rowid, name, head, vocabulary)
    VALUES ('delete', old.id, old.name, old.head, old.vocabulary);
END;
