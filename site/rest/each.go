package rest

import (
	"context"
	"sync"
)

// Each runs do for every item, with at most limit at once. The first error
// stops the rest and is returned.
func Each[T any](ctx context.Context, limit int, items []T, do func(ctx context.Context, i int, item T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		group sync.WaitGroup
		next  = make(chan int)
	)
	for range min(limit, len(items)) {
		group.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					continue
				}
				if err := do(ctx, i, items[i]); err != nil {
					cancel(err) // only the first one counts
				}
			}
		})
	}
feed:
	for i := range items {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	group.Wait()
	return context.Cause(ctx)
}

// Together runs tasks at the same time, as [Each] does.
func Together(ctx context.Context, tasks ...func(context.Context) error) error {
	return Each(ctx, len(tasks), tasks, func(ctx context.Context, _ int, task func(context.Context) error) error {
		return task(ctx)
	})
}
