//! Bulk query jobs.

mod faults;
mod jobs;
mod results;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::client::{Api, read};

const JOBS: &str = "/services/data/v62.0/jobs/query";

/// A page of results.
pub(crate) struct ResultPage {
    pub(crate) count: u64,
    pub(crate) locator: String,
    pub(crate) text: String,
}

impl ResultPage {
    async fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/csv");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let (count, locator) = (header("sforce-numberofrecords").parse().unwrap(), header("sforce-locator"));
        Self { count, locator, text: response.text().await.unwrap() }
    }

    /// The rows without the header.
    fn rows(&self) -> Vec<Vec<String>> {
        let mut reader = csv::Reader::from_reader(self.text.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    fn header(&self) -> &str {
        self.text.lines().next().unwrap()
    }
}

impl Api {
    async fn make_job(&self, body: Value) -> (u16, Value) {
        self.call(Method::POST, JOBS, body).await
    }

    /// Creates a job, and returns its path.
    async fn job(&self, soql: &str) -> String {
        let (status, body) = self.make_job(json!({ "operation": "query", "query": soql })).await;
        assert_eq!(status, 200, "{soql}: {body}");
        format!("{JOBS}/{}", body["id"].as_str().unwrap())
    }

    /// Creates and polls a job, and returns its path.
    async fn complete_job(&self, soql: &str) -> String {
        let job = self.job(soql).await;
        assert_eq!(self.state(&job).await, "JobComplete");
        job
    }

    /// Polls a job.
    async fn state(&self, job: &str) -> String {
        let (status, body) = self.get(job).await;
        assert_eq!(status, 200, "{body}");
        body["state"].as_str().unwrap().to_owned()
    }

    async fn results(&self, path: &str) -> ResultPage {
        ResultPage::of(self.send(Method::GET, path, None).await).await
    }

    async fn status(&self, method: Method, path: &str) -> (u16, Value) {
        read(self.send(method, path, None).await).await
    }
}
