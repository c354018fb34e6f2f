"""Files of questions, read into plain data: nothing here touches the database."""
