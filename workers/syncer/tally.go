package syncer

// Tally counts the report of a job, by source, and hands the lines that a person
// should look at to each: all but those of what is unchanged or was done.
func Tally(project, id string, each func(Line)) (map[string]Counts, error) {
	all := make(map[string]Counts)
	err := ReadReport(project, id, func(l Line) error {
		c := all[l.Source]
		c.add(l)
		all[l.Source] = c
		switch l.Outcome {
		case Conflict, Skipped, Refused, Gone:
			each(l)
		case Created, Updated, Unchanged:
		}
		return nil
	})
	return all, err
}
