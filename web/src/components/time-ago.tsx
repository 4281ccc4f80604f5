// When something was, as people say it; the exact time shows on pointing at it.
import { ago, dateTime } from '../text/format';

export function TimeAgo({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={dateTime(iso)}>
      {ago(iso)}
    </time>
  );
}
