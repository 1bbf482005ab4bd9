-- Format 3: the kind that a user forced, and the languages of the text.
ALTER TABLE documents ADD COLUMN forced TEXT NOT NULL DEFAULT '';      -- name of a profile, or '' for none
ALTER TABLE documents ADD COLUMN languages TEXT NOT NULL DEFAULT '';   -- JSON: share of the letters by ISO 639-1 code
CREATE INDEX documents_languages ON documents (languages);             -- asked for with every answer; rows are long
