-- Feedback (activity format 3): what users said of answers, one item for each.

CREATE TABLE feedback (
  receipt TEXT PRIMARY KEY,          -- id of the answer's receipt
  made_at TEXT NOT NULL,             -- ISO 8601, UTC
  verdict TEXT NOT NULL CHECK (verdict IN ('right', 'wrong', 'not_there')),
  question TEXT NOT NULL,
  answer TEXT NOT NULL,              -- the right one, '' where it is not known or there is none
  comment TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Where the right answer stands.
CREATE TABLE feedback_places (
  receipt TEXT NOT NULL REFERENCES feedback (receipt) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  document_id TEXT NOT NULL,
  path TEXT NOT NULL,
  text_sha256 TEXT NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  quote TEXT NOT NULL,
  PRIMARY KEY (receipt, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX feedback_places_document ON feedback_places (document_id);

-- A question that is forgotten, with a document or a chat, takes what was said of its answer with it.
CREATE TRIGGER feedback_goes AFTER DELETE ON receipt_parts WHEN OLD.name = 'asked'
BEGIN
  DELETE FROM feedback WHERE receipt IN (SELECT hash FROM receipts WHERE number = OLD.number);
END;
