"""Questions whether something is there, such as "is there a non-compete?"."""
