package sim
import ("testing")
func TestDbg(t *testing.T) {
	storm := NewStorm(*firstSeed)
	w, err := storm.Run()
	t.Log(storm, err)
	for _, n := range w.Nodes { if n.Machine!=nil { t.Log(n.Index, n.IP, "\n"+string(n.Machine.AppendNodes(nil, n.Now()))+string(n.Machine.AppendInfo(nil)[:300])) } }
	t.Log(w.Trace())
}
