// Controls GraphiQL: tabs, the execute button, and the response pane.

export class GraphiQL {
  constructor(page) {
    this.page = page;
  }

  async ready() {
    await this.page.getByRole('tab').first().waitFor();
    await this.page.locator('.graphiql-query-editor .view-line').first().waitFor();
  }

  /** Waits until the stored tabs contain `text`. */
  async remembered(text) {
    await this.page.waitForFunction((part) => localStorage.getItem('graphiql:tabState')?.includes(part), text);
  }

  async tabs() {
    return this.page.getByRole('tab').allInnerTexts();
  }

  async choose(name) {
    await this.page.getByRole('tablist').getByTitle(name, { exact: true }).click();
    await this.settled();
  }

  async press(label) {
    await this.page.getByRole('button', { name: new RegExp(`^${label}`) }).first().click();
  }

  /** The response as JSON, once it satisfies `enough`. */
  async answer(enough, seconds = 60) {
    const deadline = Date.now() + seconds * 1000;
    let text = '';
    for (;;) {
      text = await this.text('response');
      const answer = parse(text);
      if (answer && enough(answer)) return answer;
      if (Date.now() > deadline) throw new Error(`no such answer after ${seconds} s, but: ${text.slice(0, 500)}`);
      await this.page.waitForTimeout(50);
    }
  }

  /** GraphiQL parses a changed document with a delay. Only then can the button execute it. */
  async settled() {
    await this.page.waitForFunction(() =>
      globalThis.__MONACO.editor
        .getModels()
        .some(
          (model) => model.uri.path.includes('operation') && model.getValue() === localStorage.getItem('graphiql:query'),
        ),
    );
  }

  /** Waits until no editor shows an error. Before that, variables may be checked against the previous tab. */
  async flawless() {
    await this.page.waitForFunction(() => globalThis.__MONACO.editor.getModelMarkers({}).length === 0);
  }

  /** Replaces the text of an editor, like pasting. */
  async write(editor, text) {
    await this.page.evaluate(
      ([name, value]) => {
        const models = globalThis.__MONACO.editor.getModels();
        models.find((model) => model.uri.path.includes(name)).setValue(value);
      },
      [editor, text],
    );
  }

  /** Waits until an editor's text is `text`. */
  async holds(editor, text) {
    await this.page.waitForFunction(
      ([name, value]) => {
        const models = globalThis.__MONACO.editor.getModels();
        return models.some((model) => model.uri.path.includes(name) && model.getValue().trim() === value);
      },
      [editor, text],
    );
  }

  /** The whole text of an editor. The page renders only visible lines. */
  async text(editor) {
    return this.page.evaluate((name) => {
      const models = globalThis.__MONACO.editor.getModels();
      return models.find((model) => model.uri.path.includes(name))?.getValue() ?? '';
    }, editor);
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
