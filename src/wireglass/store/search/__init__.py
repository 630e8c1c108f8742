"""Search in the record: the index, the compiler from trees to SQL, and the searches."""
