/** What do the generated validators cost, and what do the generated serializers save against JSON.stringify? */
import { Bench } from 'tinybench';
import { notificationSerializers, resultSerializers } from '../../schemas/generated/serializers.js';
import { validators } from '../../schemas/generated/validators.js';
import { CALLS, NOTIFICATIONS } from '../../scripts/generate/examples.js';
import { medianNs, report, reportFigures } from './lib/report.js';

const BATCH = 1000;
const TIME = { time: 150, warmupTime: 50 };

type Serialize = (value: unknown) => string;
/** Serializers by name, each of its own type, and what each is to write. */
type Written = readonly (readonly [name: string, serialize: Serialize, value: unknown])[];

const written: Written = [
  ...Object.entries(CALLS).map(
    ([name, { result }]) =>
      [`${name}, result`, resultSerializers[name as keyof typeof CALLS] as Serialize, result] as const,
  ),
  ...Object.entries(NOTIFICATIONS).map(
    ([name, params]) =>
      [
        `${name}, params`,
        notificationSerializers[name as keyof typeof NOTIFICATIONS] as Serialize,
        params,
      ] as const,
  ),
];

/** Its length, so that nobody may leave the work undone. */
let characters = 0;

const serializing = new Bench(TIME);
const plain = new Bench(TIME);
for (const [name, serialize, value] of written) {
  serializing.add(name, () => {
    for (let i = 0; i < BATCH; i += 1) characters += serialize(value).length;
  });
  plain.add(name, () => {
    for (let i = 0; i < BATCH; i += 1) characters += JSON.stringify(value).length;
  });
}
await serializing.run();
await plain.run();
if (characters === 0) throw new Error('nothing was written');
reportFigures(
  'Serializers',
  serializing.tasks.map((task, at) => ({
    name: task.name,
    value: medianNs(task) / BATCH,
    unit: 'ns',
    reference: medianNs(plain.tasks[at] ?? task) / BATCH,
  })),
  'JSON.stringify',
);

const validating = new Bench(TIME);
for (const [name, { params }] of Object.entries(CALLS)) {
  const validate = validators[name as keyof typeof CALLS];
  validating.add(`${name}, params`, () => {
    for (let i = 0; i < BATCH; i += 1) if (!validate(params)) throw new Error(name);
  });
}
await validating.run();
report('Validators', validating, () => BATCH);
