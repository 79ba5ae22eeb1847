package platform

// Descendants lists the living processes below p, those in other process
// groups and sessions included, parents before children. It reads the process
// table once. A process whose parent has died is nobody's descendant: ask
// before you end p.
func (p Proc) Descendants() []Proc {
	if !p.Alive() {
		return nil
	}
	parentOf, err := parents()
	if err != nil {
		return nil
	}
	children := make(map[int32][]int32)
	for pid, parent := range parentOf {
		children[parent] = append(children[parent], pid)
	}
	var all []Proc
	for queue := children[int32(p.PID)]; len(queue) > 0; queue = queue[1:] { //nolint:gosec // pids fit 32 bits on every system
		queue = append(queue, children[queue[0]]...)
		// A child older than its parent holds a number that was used again.
		if c, ok := FindProc(int(queue[0])); ok && c.Started >= p.Started {
			all = append(all, c)
		}
	}
	return all
}
