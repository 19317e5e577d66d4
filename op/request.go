package op

import "context"

// discardChanges is for scripts that find the shared candidate changed by
// somebody who has left: `rollback 0` without going to configuration mode.
func discardChanges(ctx context.Context, env *Env, _ Args) (Result, error) {
	return nil, env.Store.Shared().Rollback(ctx, env.Caller, 0)
}
