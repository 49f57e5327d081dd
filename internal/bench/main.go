//go:build unix

// Command bench measures the built weir from outside, on real data: how long
// it takes, how much memory it needs at most, and how many facts and requests
// that was. A generated site shows how many pages a second are served.
//
//	go run ./internal/bench        // the median of five runs each
//	go run ./internal/bench -large // and a generated site of full size
//
// The figures are printed and never asserted: machines are noisy.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/weirhq/weir/reconcile"
)

func main() {
	runs := flag.Int("runs", 5, "runs of each command; the median is printed")
	full := flag.Bool("large", false, "generate a large organisation's site instead of a small one")
	flag.Parse()
	size := small
	if *full {
		size = large
	}
	if err := bench(*runs, size); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(runs int, size company) error {
	dir, err := os.MkdirTemp("", "weir-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := bencher{dir: dir, weir: filepath.Join(dir, "weir"), site: filepath.Join(dir, "site.db"), runs: runs}
	if out, err := exec.Command("go", "build", "-o", b.weir, "./cmd/weir").CombinedOutput(); err != nil {
		return fmt.Errorf("building weir: %w\n%s", err, out)
	}
	fmt.Printf("%s/%s, %d CPUs, %s; median of %d runs\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), runs)
	for _, month := range []string{"2024-01", "2024-06"} {
		if err := os.CopyFS(filepath.Join(dir, month), os.DirFS(filepath.Join("testdata", "access", month))); err != nil {
			return err
		}
	}
	if err := b.firstApply("2024-01"); err != nil {
		return err
	}
	if err := b.syncedPlan("2024-06"); err != nil {
		return err
	}
	return b.generatedSite(size)
}

type bencher struct {
	dir, weir, site string
	runs            int
}

// firstApply brings an empty site to a description.
func (b bencher) firstApply(month string) error {
	var all []measure
	var last []byte
	for range b.runs {
		if err := b.fresh(month); err != nil {
			return err
		}
		m, err := b.run("apply", filepath.Join(b.dir, month), "--site", b.site, "--auto-approve")
		if err != nil {
			return err
		}
		all, last = append(all, m), m.out
	}
	applied := regexp.MustCompile(`(?m)^applied ([\d,]+) `).FindSubmatch(last)
	requests := regexp.MustCompile(`(?m)^([\d,]+) requests sent$`).FindSubmatch(last)
	if applied == nil || requests == nil {
		return fmt.Errorf("the apply's output has no totals: %s", last[max(0, len(last)-200):])
	}
	m := median(all)
	fmt.Printf("first apply of %s: %.2f s, peak %d MB, %s facts written, %s requests\n",
		month, m.wall.Seconds(), m.peak>>20, applied[1], requests[1])
	return nil
}

// syncedPlan plans a description against its synced site.
func (b bencher) syncedPlan(month string) error {
	if err := b.fresh(month); err != nil {
		return err
	}
	dir := filepath.Join(b.dir, month)
	if _, err := b.run("apply", dir, "--site", b.site, "--auto-approve"); err != nil {
		return err
	}
	var all []measure
	var last []byte
	for range b.runs {
		m, err := b.run("plan", dir, "--site", b.site, "--format", "json")
		if err != nil {
			return err
		}
		all, last = append(all, m), m.out
	}
	var plan reconcile.Plan
	if err := json.Unmarshal(last, &plan); err != nil {
		return err
	}
	if len(plan.Changes) > 0 {
		return fmt.Errorf("the plan of a synced site has %d changes", len(plan.Changes))
	}
	m := median(all)
	fmt.Printf("plan of %s on its synced site: %.2f s, peak %d MB, %d facts, %d requests\n",
		month, m.wall.Seconds(), m.peak>>20, plan.Compared, plan.Requests)
	return nil
}

// fresh forgets the site and what applies left in the description's folder.
func (b bencher) fresh(month string) error {
	for _, name := range []string{b.site, filepath.Join(b.dir, month, ".weir"), filepath.Join(b.dir, month, "weir.lock")} {
		if err := os.RemoveAll(name); err != nil {
			return err
		}
	}
	return nil
}

type measure struct {
	wall time.Duration
	peak int64 // bytes
	out  []byte
}

func (b bencher) run(args ...string) (measure, error) {
	cmd := exec.Command(b.weir, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	err := cmd.Run()
	m := measure{wall: time.Since(start), out: out.Bytes()}
	if err != nil {
		return m, fmt.Errorf("weir %s: %w\n%s", strings.Join(args, " "), err, errs.String())
	}
	m.peak = peak(cmd.ProcessState)
	return m, nil
}

// peak is the most memory that a process ever had, in bytes.
func peak(ended *os.ProcessState) int64 {
	usage, ok := ended.SysUsage().(*syscall.Rusage)
	switch {
	case !ok:
		return 0
	case runtime.GOOS == "linux":
		return int64(usage.Maxrss) << 10 // Linux counts in KiB, others in bytes
	}
	return int64(usage.Maxrss)
}

func median(all []measure) measure {
	slices.SortFunc(all, func(a, b measure) int { return int(a.wall - b.wall) })
	return all[len(all)/2]
}
