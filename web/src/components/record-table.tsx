// Rows and columns; where there is no room for columns each row becomes a card. The first column names the row.
import type { ReactNode } from 'react';

import classes from './record-table.module.css';

export interface Column<T> {
  id: string;
  label: string;
  hidden?: boolean; // the label is for those who hear it
  actions?: boolean; // buttons, at the row's end
  whole?: boolean; // is not broken into lines
  cell: (row: T) => ReactNode;
}

interface RecordTableProps<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string;
}

function classOf<T>(column: Column<T>, place: number): string | undefined {
  if (column.actions) return classes.actions;
  if (place === 0) return classes.main;
  return column.whole ? classes.whole : undefined;
}

export function RecordTable<T>({ label, columns, rows, rowKey }: RecordTableProps<T>) {
  return (
    <div className={classes.frame}>
      <table className={classes.table} aria-label={label} role="table">
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.id} scope="col" role="columnheader">
                {column.hidden ? <span className="visually-hidden">{column.label}</span> : column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={rowKey(row)} className={classes.row} role="row" data-row={rowKey(row)}>
              {columns.map((column, place) => (
                <td key={column.id} role="cell" className={classOf(column, place)}>
                  <span className={classes.label} aria-hidden>
                    {column.label}
                  </span>
                  <div>{column.cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
