import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BodilessBudget } from './bodiless-budget.js';

test('each address has 200 in ten seconds, whatever others do', () => {
  const budget = new BodilessBudget();
  for (let nth = 0; nth < 200; nth += 1) assert.equal(budget.take('a', nth), true);
  assert.equal(budget.take('a', 9999), false);
  assert.equal(budget.take('b', 9999), true);
  assert.equal(budget.take('a', 10_000), true);
});

test('many addresses take no more room than some', () => {
  const budget = new BodilessBudget();
  for (let nth = 0; nth < 201; nth += 1) budget.take('a', 0);
  for (let nth = 0; nth < 10_000; nth += 1) assert.equal(budget.take(`10.0.${nth}`, 0), true);
  assert.equal(budget.take('a', 0), true, 'it has been forgotten with the others');
});
